"""Random worlds with their truth, judged by the product in simulated time, and scored."""
