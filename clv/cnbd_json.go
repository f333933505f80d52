package clv

// MarshalJSON writes the model with its name, which has K, unit and schema.
func (m BGCNBD) MarshalJSON() ([]byte, error) {
	return marshalModel(m.Name(), &m.Unit, m.Parameters(), nil)
}

// UnmarshalJSON reads a model, or the model of a saved [BGCNBDFit], as strictly
// as [BGNBD.UnmarshalJSON]. After an error the receiver is unchanged.
func (m *BGCNBD) UnmarshalJSON(data []byte) error {
	read, _, err := readBGCNBD(data)
	if err == nil {
		*m = read
	}
	return err
}

// MarshalJSON writes the model and the diagnostics.
func (f BGCNBDFit) MarshalJSON() ([]byte, error) {
	return marshalModel(f.Name(), &f.Unit, f.Parameters(), &f.Diagnostics)
}

// UnmarshalJSON reads a fit as strictly as [BGCNBD.UnmarshalJSON] does a model.
// A bare model is refused with [keyaccount.ErrMissing].
func (f *BGCNBDFit) UnmarshalJSON(data []byte) error {
	m, in, err := readBGCNBD(data)
	if err != nil {
		return err
	}
	d, err := in.diagnostics()
	if err == nil {
		*f = BGCNBDFit{m, d}
	}
	return err
}

func readBGCNBD(data []byte) (m BGCNBD, in savedModel, err error) {
	k, name := savedRhythm(data, bgcnbdName)
	p, in, err := unmarshalModel(data, name, true, bgnbdNames(), bgnbdChart())
	if err != nil {
		return m, in, err
	}
	m = bgcnbdOf(k, p, *in.Unit)
	return m, in, m.Validate()
}
