"""Files that shoppers send and operators attach: fetched, looked at, kept, shown and deleted."""
