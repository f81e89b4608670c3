"""What several tests need: the oracle, makers of objects, sockets."""
