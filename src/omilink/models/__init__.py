"""The nouns of omilink, immutable and checked when made, and the interfaces of stores, queues and buses. No I/O."""
