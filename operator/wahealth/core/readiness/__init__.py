"""May this pod receive what its Service sends? From a view of the whole client to the view of one pod."""
