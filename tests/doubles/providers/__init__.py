"""Telegram and Twilio over HTTP, as unreliable as asked for."""
