package clv

// MarshalJSON writes the model with its name and schema.
func (m GammaGamma) MarshalJSON() ([]byte, error) {
	return marshalModel(m.Name(), nil, m.Parameters(), nil)
}

// UnmarshalJSON reads a model, or the model of a saved [GammaGammaFit], as
// strictly as [BGNBD.UnmarshalJSON].
func (m *GammaGamma) UnmarshalJSON(data []byte) error {
	read, _, err := readGammaGamma(data)
	if err == nil {
		*m = read
	}
	return err
}

// MarshalJSON writes the model and the diagnostics.
func (f GammaGammaFit) MarshalJSON() ([]byte, error) {
	return marshalModel(f.Name(), nil, f.Parameters(), &f.Diagnostics)
}

// UnmarshalJSON reads a fit as strictly as [GammaGamma.UnmarshalJSON] does a
// model. A bare model is refused with [keyaccount.ErrMissing].
func (f *GammaGammaFit) UnmarshalJSON(data []byte) error {
	m, in, err := readGammaGamma(data)
	if err != nil {
		return err
	}
	d, err := in.diagnostics()
	if err == nil {
		*f = GammaGammaFit{m, d}
	}
	return err
}

func readGammaGamma(data []byte) (m GammaGamma, in savedModel, err error) {
	p, in, err := unmarshalModel(data, m.Name(), false, gammaGammaNames(), gammaGammaChart())
	if err != nil {
		return m, in, err
	}
	m = gammaGammaOf(p)
	return m, in, m.Validate()
}
