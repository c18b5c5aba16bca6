"""The demo page's shopper."""
