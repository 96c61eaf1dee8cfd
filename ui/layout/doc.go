// Package layout draws a lineage graph: it gives every node of a directed graph
// a column and a height, every long edge a way around the nodes between its
// ends, and every group a rectangle that holds its members and nobody else.
//
//		graph ─▶ components ─▶ layers ─▶ trunks ─▶ order ─▶ position ─▶ packing
//
//	  - layers: an edge goes from left to right; a node stands in the column of the
//	    longest path that leads to it. Edges that close a cycle are turned around
//	    for the drawing and reported.
//	  - trunks: edges that span several columns pass them through slots of their
//	    own. Edges that leave one node share the slots they have in common.
//	  - order: up to 24 sweeps sort each column by the neighbours of its nodes, with
//	    the groups of all columns in one order, and keep the order with the fewest
//	    crossings.
//	  - position: 8 sweeps move nodes and groups towards their neighbours without
//	    ever letting two of them overlap.
//	  - packing: components that share neither an edge nor a group are laid out
//	    alone and packed side by side.
//
// The result depends on nothing but the argument: equal graphs give equal
// drawings, also those made on several processors at once. The package is pure. It must never read a clock, a store or the
// network, use randomness, or know what a node stands for.
package layout
