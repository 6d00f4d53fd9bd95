"""The study of Hsu, Bramwit and Schlesinger (EULAR 2014), reproduced on simulated people."""
