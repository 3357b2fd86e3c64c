"""`wahealth check URL`: one probe from here, with the full verdict, by the same rules as the operator's.

With `--ready` one line and an exit code for an exec probe; what the verdict in full needs is not imported then.
"""
