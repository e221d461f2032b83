"""A cluster's queue and notifications on NATS, and a node's own disk behind them."""
