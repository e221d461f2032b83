"""The nouns of omilink: frozen, checked when made, each declared once."""
