package run

import "rivers.io/runtime/plan"

// consumers is the plan's order turned round: who waits for a step or gate.
type consumers struct {
	steps [][]consumer
	gates [][]int
}

// consumer is a step, or a gate when gate is not negative.
type consumer struct{ step, gate int }

func consumersOf(p *plan.Plan) *consumers {
	c := &consumers{steps: make([][]consumer, len(p.Steps)), gates: make([][]int, len(p.Gates))}
	for i, s := range p.Steps {
		for _, up := range s.After {
			c.steps[up] = append(c.steps[up], consumer{step: i, gate: -1})
		}
		for _, g := range s.Gates {
			c.gates[g] = append(c.gates[g], i)
		}
	}
	for g, gate := range p.Gates {
		for _, up := range gate.After {
			c.steps[up] = append(c.steps[up], consumer{step: -1, gate: g})
		}
	}
	return c
}

func (c *consumers) ofStep(i int) []consumer { return c.steps[i] }
func (c *consumers) ofGate(g int) []int      { return c.gates[g] }
