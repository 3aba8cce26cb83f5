"""What each layer of a call shows: one module or package for each stage."""
