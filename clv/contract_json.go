package clv

// marshalContract writes a contract model, with its interval.
func marshalContract(m ContractModel, fit *Diagnostics) ([]byte, error) {
	return marshalMonths(m, m.Interval(), fit)
}

func marshalMonths(m Model, months int, fit *Diagnostics) ([]byte, error) {
	in := modelOf(m.Name(), nil, m.Parameters(), fit)
	in.Months = months
	return in.marshal()
}

// unmarshalContract reads a contract model with these parameters, fitted in c.
func unmarshalContract(data []byte, name string, parameters []string, c coordinates) (p []float64, in savedModel, err error) {
	if err := modelForm.ReadJSONStrictly(data, name, &in); err != nil {
		return nil, in, err
	}
	months := in.Months
	in.Months = 0
	if p, err = in.values(name, false, parameters, c); err != nil {
		return nil, in, err
	}
	in.Months = months
	return p, in, savedMonths(months)
}

// MarshalJSON writes the model with its name, interval and schema.
func (m SBG) MarshalJSON() ([]byte, error) { return marshalContract(m, nil) }

// UnmarshalJSON reads a model, or the model of a saved [SBGFit], as strictly as
// [BGNBD.UnmarshalJSON].
func (m *SBG) UnmarshalJSON(data []byte) error {
	read, _, err := readSBG(data)
	if err == nil {
		*m = read
	}
	return err
}

// MarshalJSON writes the model and the diagnostics.
func (f SBGFit) MarshalJSON() ([]byte, error) { return marshalContract(f.SBG, &f.Diagnostics) }

// UnmarshalJSON reads a fit as strictly as [SBG.UnmarshalJSON] does a model. A
// bare model is refused with [keyaccount.ErrMissing].
func (f *SBGFit) UnmarshalJSON(data []byte) error {
	m, in, err := readSBG(data)
	if err != nil {
		return err
	}
	d, err := in.diagnostics()
	if err == nil {
		*f = SBGFit{m, d}
	}
	return err
}

func readSBG(data []byte) (m SBG, in savedModel, err error) {
	p, in, err := unmarshalContract(data, m.Name(), sbgNames(), sbgChart())
	if err != nil {
		return m, in, err
	}
	m = sbgOf(p, in.Months)
	return m, in, m.Validate()
}

// MarshalJSON writes the model with its name, interval and schema.
func (m BdW) MarshalJSON() ([]byte, error) { return marshalContract(m, nil) }

// UnmarshalJSON reads a model, or the model of a saved [BdWFit], as strictly as
// [BGNBD.UnmarshalJSON].
func (m *BdW) UnmarshalJSON(data []byte) error {
	read, _, err := readBdW(data)
	if err == nil {
		*m = read
	}
	return err
}

// MarshalJSON writes the model and the diagnostics.
func (f BdWFit) MarshalJSON() ([]byte, error) { return marshalContract(f.BdW, &f.Diagnostics) }

// UnmarshalJSON reads a fit as strictly as [BdW.UnmarshalJSON] does a model. A
// bare model is refused with [keyaccount.ErrMissing].
func (f *BdWFit) UnmarshalJSON(data []byte) error {
	m, in, err := readBdW(data)
	if err != nil {
		return err
	}
	d, err := in.diagnostics()
	if err == nil {
		*f = BdWFit{m, d}
	}
	return err
}

func readBdW(data []byte) (m BdW, in savedModel, err error) {
	p, in, err := unmarshalContract(data, m.Name(), bdwNames(), bdwChart())
	if err != nil {
		return m, in, err
	}
	m = bdwOf(p, in.Months)
	return m, in, m.Validate()
}
