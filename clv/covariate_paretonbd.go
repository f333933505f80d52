package clv

func (ParetoNBD) family() family[ParetoNBD] {
	return family[ParetoNBD]{
		parameters: paretoNBDNames(), chart: paretoNBDChart(), leaving: 2,
		lay: func(table *Counts) likelihood { return newParetoNBDTable(table) },
		fit: func(table *Counts, opts *FitOptions) (*Diagnostics, error) {
			f, err := FitParetoNBD(table, opts)
			if err != nil {
				return nil, err
			}
			return &f.Diagnostics, nil
		},
		of: paretoNBDOf,
	}
}
