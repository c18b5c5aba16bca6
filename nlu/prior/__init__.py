"""What public labelled text teaches about feelings; README.md is the model card."""
