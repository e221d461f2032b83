"""What a wearable hears, in the right user's live chat."""

__version__ = "0.1.0"
