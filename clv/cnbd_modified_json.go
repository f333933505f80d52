package clv

// MarshalJSON writes the model with its name, which has K, unit and schema.
func (m MBGCNBD) MarshalJSON() ([]byte, error) {
	return marshalModel(m.Name(), &m.Unit, m.Parameters(), nil)
}

// UnmarshalJSON reads a model, or the model of a saved [MBGCNBDFit], as strictly
// as [BGNBD.UnmarshalJSON]. After an error the receiver is unchanged.
func (m *MBGCNBD) UnmarshalJSON(data []byte) error {
	read, _, err := readMBGCNBD(data)
	if err == nil {
		*m = read
	}
	return err
}

// MarshalJSON writes the model and the diagnostics.
func (f MBGCNBDFit) MarshalJSON() ([]byte, error) {
	return marshalModel(f.Name(), &f.Unit, f.Parameters(), &f.Diagnostics)
}

// UnmarshalJSON reads a fit as strictly as [MBGCNBD.UnmarshalJSON] does a model.
// A bare model is refused with [keyaccount.ErrMissing].
func (f *MBGCNBDFit) UnmarshalJSON(data []byte) error {
	m, in, err := readMBGCNBD(data)
	if err != nil {
		return err
	}
	d, err := in.diagnostics()
	if err == nil {
		*f = MBGCNBDFit{m, d}
	}
	return err
}

func readMBGCNBD(data []byte) (m MBGCNBD, in savedModel, err error) {
	k, name := savedRhythm(data, mbgcnbdName)
	p, in, err := unmarshalModel(data, name, true, bgnbdNames(), bgnbdChart())
	if err != nil {
		return m, in, err
	}
	m = mbgcnbdOf(k, p, *in.Unit)
	return m, in, m.Validate()
}
