"""A simulated wearable: it sends what OMI's cloud and programmed devices send. Only `simulate` and `demo` use it."""
