"""Decides which conversation words belong to; reads, hands over and deletes conversations."""
