package clv

func (BGNBD) family() family[BGNBD] {
	return family[BGNBD]{
		parameters: bgnbdNames(), chart: bgnbdChart(), leaving: 2,
		lay: func(table *Counts) likelihood { return newBGNBDTable(table) },
		fit: func(table *Counts, opts *FitOptions) (*Diagnostics, error) {
			f, err := FitBGNBD(table, opts)
			if err != nil {
				return nil, err
			}
			return &f.Diagnostics, nil
		},
		of: bgnbdOf,
	}
}
