"""Bodies held together by hinges, sliders and balls: linkages, machines, furniture, a doll."""
