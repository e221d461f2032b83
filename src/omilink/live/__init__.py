"""What a user's streams are told, and how they learn that there is something new."""
