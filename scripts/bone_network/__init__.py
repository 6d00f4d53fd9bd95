"""Train the network that tells bones and deposits of a hand apart; its images are drawn, not scanned."""
