"""What a diagnosis and other tools say of worlds with a fault among them."""
