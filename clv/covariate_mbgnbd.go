package clv

func (MBGNBD) family() family[MBGNBD] {
	return family[MBGNBD]{
		parameters: bgnbdNames(), chart: bgnbdChart(), leaving: 2,
		lay: func(table *Counts) likelihood { return newMBGNBDTable(table) },
		fit: func(table *Counts, opts *FitOptions) (*Diagnostics, error) {
			f, err := FitMBGNBD(table, opts)
			if err != nil {
				return nil, err
			}
			return &f.Diagnostics, nil
		},
		of: mbgnbdOf,
	}
}
