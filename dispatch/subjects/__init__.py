"""What a registration authority knows of an order's business, asked for when it is needed."""
