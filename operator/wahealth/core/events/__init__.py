"""Reports: which events follow from a change of the confirmed status, and how often each is posted."""
