"""What OMI's cloud sends, and how it wants to be answered. The facts are those of docs/reference/omi.md."""
