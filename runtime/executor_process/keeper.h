// The keeper: the ancestor of all processes of the program's, which outlives each.
#pragma once

// Forks. The child returns, and is the executor. The parent stays as the keeper and
// never returns: it reaps the executor, its checkpoints and what the program leaves
// behind, and tells the controller through `report` of each that ends (struct
// wire_keeper_report). It ends when the controller closes the other end; a
// byte before that asks it to end the forks that the program has left behind.
// `control`: the executor's socket, which the keeper does not keep.
void keeper_start(int report, int control);
