"""What is done with facts. Each sink takes them without waiting for anything; none knows another."""
