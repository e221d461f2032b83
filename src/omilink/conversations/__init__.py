"""Which conversation words belong to, and reading, handing over and deleting conversations."""
