"""How near bodies and strands of rope come to each other, and how deep they overlap."""
