"""One module for each line of the table, or for lines measured together; see `frame.Line`."""
