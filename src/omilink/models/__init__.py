"""The nouns of omilink, frozen and checked when made, and what they ask of stores, queues and buses. No I/O."""
