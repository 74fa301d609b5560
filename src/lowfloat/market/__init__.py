"""What would have happened to your order. Kernels over numbers; nothing here knows an index."""
