"""What a person chose, validated, and the network that it stands for."""
