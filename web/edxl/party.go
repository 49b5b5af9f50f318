package edxl

import (
	"regexp"
	"time"
)

// Address is an address of xAL 3, in the profile of EDXL. Runs of white space
// in its texts count as one space. All of it may be absent.
type Address struct {
	Free     *AddressLines `edxl:"xal:FreeTextAddress"`
	Country  *Country      `edxl:"xal:Country"`
	Region   *Region       `edxl:"xal:AdministrativeArea"`
	Locality *Locality     `edxl:"xal:Locality"`
	Street   *Street       `edxl:"xal:Thoroughfare"`
	PostCode *PostCode     `edxl:"xal:PostCode"`
}

// AddressLines is an address as one writes it on a letter.
type AddressLines struct {
	Lines []string `edxl:"xal:AddressLine,must,collapse"`
}

// Country is a country by name.
type Country struct {
	Name string `edxl:"xal:NameElement,must,collapse"`
}

// Region is a province, and a city or county in it.
type Region struct {
	Names []string `edxl:"xal:NameElement,must,collapse"`
	Sub   *Names   `edxl:"xal:SubAdministrativeArea"`
}

// Locality is a town, and a part of it.
type Locality struct {
	Names []string `edxl:"xal:NameElement,must,collapse"`
	Sub   *Names   `edxl:"xal:SubLocality"`
}

// Names are one or more names of one thing.
type Names struct {
	Names []string `edxl:"xal:NameElement,must,collapse"`
}

// Street is a road with its name and numbers, in the order in which they are
// read.
type Street struct {
	Type  string       `edxl:"@xal:Type,collapse"`
	Parts []StreetPart `edxl:"|,must"`
}

// StreetPart is a name or a number, not both.
type StreetPart struct {
	Name   *StreetName `edxl:"xal:NameElement"`
	Number *Identifier `edxl:"xal:Number"`
}

// StreetName is a part of a road's name.
type StreetName struct {
	Abbreviation Flag   `edxl:"@xal:Abbreviation" legal:"true false 1 0"`
	Type         string `edxl:"@xal:NameType" legal:"NameOnly PreDirection PostDirection NameAndNumber NameAndType NameNumberAndType Unstructured SubThoroughfareConnector ReferenceLocation Type"`
	Text         string `edxl:".,collapse"`
}

// Identifier is a number or a code, or a part of one.
type Identifier struct {
	Type         string `edxl:"@xal:Type" legal:"Name RangeFrom Range RangeTo Prefix Suffix Number Separator Extension"`
	Abbreviation Flag   `edxl:"@ct:Abbreviation" legal:"true false 1 0"`
	Text         string `edxl:".,collapse"`
}

// Flag is "true", "false", "1", "0", or "" where nothing is said.
type Flag string

// PostCode is one or more post codes.
type PostCode struct {
	Identifiers []Identifier `edxl:"xal:Identifier,must"`
}

// Party is a person or an organisation of xPIL 3, in the profile of EDXL. All
// of it may be absent.
type Party struct {
	Name         *PartyName        `edxl:"xpil:PartyName"`
	Addresses    *Addresses        `edxl:"xpil:Addresses"`
	Numbers      *ContactNumbers   `edxl:"xpil:ContactNumbers"`
	Electronic   *Electronic       `edxl:"xpil:ElectronicAddressIdentifiers"`
	Identifiers  *PartyIdentifiers `edxl:"xpil:Identifiers"`
	Organisation *OrganisationInfo `edxl:"xpil:OrganisationInfo"`
}

// PartyName holds names as lines, of persons and of organisations.
type PartyName struct {
	ID            string             `edxl:"@xnl:PartyNameID,collapse"`
	IDType        string             `edxl:"@xnl:PartyNameIDType,collapse"`
	Lines         []string           `edxl:"xnl:NameLine,collapse"`
	Persons       []PersonName       `edxl:"xnl:PersonName"`
	Organisations []OrganisationName `edxl:"xnl:OrganisationName"`
}

// PersonName is a person's name in parts.
type PersonName struct {
	Parts []PersonNamePart `edxl:"xnl:NameElement"`
}

// PersonNamePart is a title, a given name, a family name …
type PersonNamePart struct {
	Type string `edxl:"@xnl:ElementType" legal:"PrecedingTitle Title FirstName MiddleName LastName OtherName Alias GenerationIdentifier Degree"`
	Text string `edxl:".,collapse"`
}

// OrganisationName is an organisation's name and the names of its parts.
type OrganisationName struct {
	ID           string   `edxl:"@xnl:OrganisationID,collapse"`
	IDType       string   `edxl:"@xnl:OrganisationIDType,collapse"`
	Names        []string `edxl:"xnl:NameElement,collapse"`
	SubDivisions []string `edxl:"xnl:SubDivisionName,collapse"`
}

// Addresses are one or more addresses of a party.
type Addresses struct {
	Addresses []Address `edxl:"xpil:Address,must"`
}

// ContactNumbers are one or more numbers to call.
type ContactNumbers struct {
	Numbers []ContactNumber `edxl:"xpil:ContactNumber,must"`
}

// ContactNumber is a number to call, in parts.
type ContactNumber struct {
	Medium string              `edxl:"@xpil:CommunicationMediaType" legal:"Cellphone Fax Pager Telephone VOIP"`
	Usage  string              `edxl:"@xpil:Usage,collapse"`
	Hours  string              `edxl:"@xpil:ContactHours,collapse"`
	Parts  []ContactNumberPart `edxl:"xpil:ContactNumberElement"`
}

// ContactNumberPart is a country code, an extension …
type ContactNumberPart struct {
	Type string `edxl:"@xpil:Type" legal:"CountryCode AreaCode LocalNumber Extension Pin Separator NationalNumber InternationalNumber"`
	Text string `edxl:".,collapse"`
}

// Electronic are one or more addresses of mail and the like.
type Electronic struct {
	Identifiers []ElectronicAddress `edxl:"xpil:ElectronicAddressIdentifier,must"`
}

// ElectronicAddress is one of them.
type ElectronicAddress struct {
	Type  string `edxl:"@xpil:Type" legal:"AIM EMAIL GOOGLE GIZMO ICQ JABBER MSN SIP SKYPE URL XRI YAHOO"`
	Usage string `edxl:"@xpil:Usage,collapse"`
	Text  string `edxl:".,collapse"`
}

// PartyIdentifiers are one or more numbers under which registers know a party.
type PartyIdentifiers struct {
	Identifiers []PartyIdentifier `edxl:"xpil:Identifier,must"`
}

// PartyIdentifier is one of them.
type PartyIdentifier struct {
	Type   string                `edxl:"@xpil:Type" legal:"TaxID CompanyID NationalID RegistrationID"`
	Parts  []PartyIdentifierPart `edxl:"xpil:IdentifierElement"`
	Issuer *OrganisationName     `edxl:"xpil:IssuerName"`
}

// PartyIdentifierPart is the number or who issued it.
type PartyIdentifierPart struct {
	Type string `edxl:"@xpil:Type" legal:"Identifier IssuingCountryName"`
	Text string `edxl:".,collapse"`
}

// OrganisationInfo says what kind of organisation it is.
type OrganisationInfo struct {
	Type        string    `edxl:"@xpil:Type,collapse"`
	Category    string    `edxl:"@xpil:CategoryType" legal:"Vendor GovernmentAgency University College School Club Association Consortium Company"`
	Status      string    `edxl:"@xpil:Status"`
	Nature      string    `edxl:"@xpil:Nature,collapse"`
	Industry    string    `edxl:"@xpil:IndustryType,collapse"`
	Code        string    `edxl:"@xpil:IndustryCode,collapse"`
	CodeType    string    `edxl:"@xpil:IndustryCodeType,collapse"`
	Employees   string    `edxl:"@xpil:NumberOfEmployees,collapse"`
	Opens       Clock     `edxl:"@xpil:OperatingHourStartTime"`
	Closes      Clock     `edxl:"@xpil:OperatingHourEndTime"`
	DataQuality string    `edxl:"@ct:DataQualityType" legal:"Valid Invalid"`
	ValidFrom   time.Time `edxl:"@ct:ValidFrom"`
	ValidTo     time.Time `edxl:"@ct:ValidTo"`
}

// Clock is a time of day, "08:00:00", with or without a zone.
type Clock string

var clock = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-](0\d|1[0-3]):[0-5]\d)?$`)

// UnmarshalText takes xsd:time.
func (c *Clock) UnmarshalText(b []byte) error {
	if *c = Clock(b); !clock.Match(b) {
		return fault{wrong(string(b), "必须是时刻，例如 08:00:00", "must be a time of day, such as 08:00:00")}
	}
	return nil
}

// MarshalText gives xsd:time.
func (c Clock) MarshalText() ([]byte, error) {
	return []byte(c), new(Clock).UnmarshalText([]byte(c))
}
