package clv

// MarshalJSON writes the model with its name and schema.
func (m LogNormal) MarshalJSON() ([]byte, error) {
	return marshalModel(m.Name(), nil, m.Parameters(), nil)
}

// UnmarshalJSON reads a model, or the model of a saved [LogNormalFit], as
// strictly as [BGNBD.UnmarshalJSON].
func (m *LogNormal) UnmarshalJSON(data []byte) error {
	read, _, err := readLogNormal(data)
	if err == nil {
		*m = read
	}
	return err
}

// MarshalJSON writes the model and the diagnostics.
func (f LogNormalFit) MarshalJSON() ([]byte, error) {
	return marshalModel(f.Name(), nil, f.Parameters(), &f.Diagnostics)
}

// UnmarshalJSON reads a fit as strictly as [LogNormal.UnmarshalJSON] does a
// model. A bare model is refused with [keyaccount.ErrMissing].
func (f *LogNormalFit) UnmarshalJSON(data []byte) error {
	m, in, err := readLogNormal(data)
	if err != nil {
		return err
	}
	d, err := in.diagnostics()
	if err == nil {
		*f = LogNormalFit{m, d}
	}
	return err
}

func readLogNormal(data []byte) (m LogNormal, in savedModel, err error) {
	p, in, err := unmarshalModel(data, m.Name(), false, logNormalNames(), levelsChart(logBlock("median")))
	if err != nil {
		return m, in, err
	}
	m = logNormalOf(p)
	return m, in, m.Validate()
}
