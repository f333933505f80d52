package segment

// causeScores are the five scores that tell the causes apart, as in
// [CauseParts].
type causeScores struct{ base, behaviour, cuts, policy, final Score }

func (m *CauseModels) scores(was, is *Account) (s causeScores) {
	s.base, s.behaviour = m.Before.Score(*was), m.Before.Score(*is)
	s.cuts, s.policy, s.final = s.base, s.base, s.behaviour
	if m.Refit != m.Before {
		s.cuts = m.Refit.Score(*was)
		s.policy = s.cuts
	}
	if m.After != m.Refit {
		s.policy = m.After.Score(*was)
	}
	if m.After != m.Before {
		s.final = m.After.Score(*is)
	}
	return s
}

// known reports whether a further dimension has its figure on both dates.
func (s *causeScores) known(i int) bool {
	return s.base.Dimensions[i] > 0 && s.behaviour.Dimensions[i] > 0
}

func (s *causeScores) split(dims int) CauseChange {
	c := CauseChange{
		From: s.base, To: s.final,
		R: causeParts(s.base.R, s.behaviour.R, s.cuts.R, s.policy.R, s.final.R),
		F: causeParts(s.base.F, s.behaviour.F, s.cuts.F, s.policy.F, s.final.F),
		M: causeParts(s.base.M, s.behaviour.M, s.cuts.M, s.policy.M, s.final.M),
	}
	if dims > 0 {
		c.Dimensions = make([]CauseParts, dims)
	}
	for i := range c.Dimensions {
		if s.known(i) {
			at := func(x *Score) int { return int(x.Dimensions[i]) }
			c.Dimensions[i] = causeParts(at(&s.base), at(&s.behaviour), at(&s.cuts), at(&s.policy), at(&s.final))
		}
	}
	return c
}

// idle reports whether nothing that the model looks at changed but the days.
func (m *Model) idle(was, is *Account) bool {
	if was.Orders != is.Orders || compareMoney(was.Net, is.Net) != 0 {
		return false
	}
	for i := range m.Dimensions {
		a, known := was.Figures[m.Dimensions[i].Name]
		b, still := is.Figures[m.Dimensions[i].Name]
		if known != still || compareMoney(a, b) != 0 {
			return false
		}
	}
	return true
}
