"""What shoppers read: one YAML file a language, and the book that reads them."""
