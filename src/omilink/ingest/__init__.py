"""From a webhook call to saved words: read, accept, queue and save."""
