"""The conversations: one router each. Understands messages; draws and remembers nothing itself."""
