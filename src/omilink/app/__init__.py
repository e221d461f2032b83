"""Wires everything, and what runs beside it."""
