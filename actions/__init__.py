"""What Warmline does: the action server that Rasa asks, and the policy that says when a person takes over."""
