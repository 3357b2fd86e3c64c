"""`wahealth check URL`: one probe from this machine, with the full verdict, by the operator's own rules.

`--ready` prints one line and returns an exit code for an exec probe; it does not import what only the full verdict
needs.
"""
