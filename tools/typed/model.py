"""What the sources of facts do not hold: titles, places in HL7 v2.5.1, and which file a type is written to."""

# File: the data types in it with title and section, and what the file says it is.
FAMILIES = {
    "names": (
        {
            "FN": ("Family name", "2.A.30"),
            "XPN": ("Extended person name", "2.A.88"),
            "XCN": ("Extended composite id number and name for persons", "2.A.86"),
            "XON": ("Extended composite name and identification number for organizations", "2.A.87"),
            "CNN": ("Composite id number and name, simplified", "2.A.9"),
            "NDL": ("Name with date and location", "2.A.46"),
            "PPN": ("Performing person time stamp", "2.A.55"),
        },
        "Names of people and organizations (HL7 v2.5.1, 2.A): FN, XPN, XCN, XON, CNN, NDL, PPN.",
    ),
    "addresses": (
        {
            "SAD": ("Street address", "2.A.67"),
            "AD": ("Address", "2.A.1"),
            "XAD": ("Extended address", "2.A.85"),
            "XTN": ("Extended telecommunication number", "2.A.89"),
        },
        "Addresses and telephone numbers (HL7 v2.5.1, 2.A): SAD, AD, XAD, XTN.",
    ),
    "locations": (
        {
            "PL": ("Person location", "2.A.53"),
            "LA1": ("Location with address, variation 1", "2.A.38"),
            "LA2": ("Location with address, variation 2", "2.A.39"),
            "DLD": ("Discharge to location and date", "2.A.17"),
        },
        "Where people and things are (HL7 v2.5.1, 2.A): PL, LA1, LA2, DLD.",
    ),
    "identifiers": (
        {
            "HD": ("Hierarchic designator", "2.A.33"),
            "EI": ("Entity identifier", "2.A.25"),
            "EIP": ("Entity identifier pair", "2.A.26"),
            "CX": ("Extended composite id with check digit", "2.A.14"),
            "DLN": ("Driver's license number", "2.A.18"),
            "PRL": ("Parent result link", "2.A.56"),
        },
        "Identifiers (HL7 v2.5.1, 2.A): HD, EI, EIP, CX, DLN, PRL.",
    ),
    "codes": (
        {
            "CWE": ("Coded with exceptions; reads CE (2.A.6) and CNE (2.A.8) too", "2.A.13"),
            "CF": ("Coded element with formatted values", "2.A.7"),
            "JCC": ("Job code and class", "2.A.37"),
            "SPS": ("Specimen source", "2.A.72"),
        },
        "Coded values with their texts and coding systems (HL7 v2.5.1, 2.A): CWE (CE, CNE), CF, JCC, SPS.",
    ),
    "control": (
        {
            "MSG": ("Message type", "2.A.44"),
            "PT": ("Processing type", "2.A.57"),
            "VID": ("Version identifier", "2.A.81"),
            "ERL": ("Error location", "2.A.28"),
            "ELD": ("Error location and description", "2.A.27"),
            "SRT": ("Sort order", "2.A.73"),
        },
        "What messages say of themselves (HL7 v2.5.1, 2.A): MSG, PT, VID, ERL, ELD, SRT.",
    ),
    "quantities": (
        {
            "CQ": ("Composite quantity with units", "2.A.11"),
            "SN": ("Structured numeric", "2.A.70"),
        },
        "Numbers with units and comparisons (HL7 v2.5.1, 2.A): CQ, SN.",
    ),
    "finance": (
        {
            "MO": ("Money", "2.A.41"),
            "CP": ("Composite price", "2.A.10"),
            "MOC": ("Money and charge code", "2.A.42"),
            "FC": ("Financial class", "2.A.29"),
            "AUI": ("Authorization information", "2.A.2"),
        },
        "Money and who pays (HL7 v2.5.1, 2.A): MO, CP, MOC, FC, AUI.",
    ),
    "timing": (
        {
            "DR": ("Date and time range", "2.A.20"),
            "RI": ("Repeat interval", "2.A.63"),
            "RPT": ("Repeat pattern", "2.A.66"),
            "OSD": ("Order sequence definition", "2.A.50"),
            "TQ": ("Timing and quantity", "2.A.76"),
        },
        "When and how often (HL7 v2.5.1, 2.A): DR, RI, RPT, OSD, TQ.",
    ),
    "documents": (
        {
            "ED": ("Encapsulated data", "2.A.24"),
            "RP": ("Reference pointer", "2.A.65"),
        },
        "Documents in a message or outside it (HL7 v2.5.1, 2.A): ED, RP.",
    ),
}

# Segment: title, and section of HL7 v2.5.1; field n is described in subsection n.
SEGMENTS = {
    "MSH": ("Message header", "2.15.9"),
    "MSA": ("Message acknowledgment", "2.15.8"),
    "ERR": ("Error", "2.15.5"),
    "NTE": ("Notes and comments", "2.15.10"),
    "EVN": ("Event type", "3.4.1"),
    "PID": ("Patient identification", "3.4.2"),
    "PV1": ("Patient visit", "3.4.3"),
    "PV2": ("Patient visit, additional information", "3.4.4"),
    "NK1": ("Next of kin and associated parties", "3.4.5"),
    "AL1": ("Patient allergy information", "3.4.6"),
    "MRG": ("Merge patient information", "3.4.9"),
    "PD1": ("Patient additional demographic", "3.4.10"),
    "ARV": ("Access restriction", ""),
    "ORC": ("Common order", "4.5.1"),
    "OBR": ("Observation request", "4.5.3"),
    "TQ1": ("Timing and quantity", "4.5.4"),
    "RXO": ("Pharmacy or treatment order", "4.14.1"),
    "RXR": ("Pharmacy or treatment route", "4.14.2"),
    "RXC": ("Pharmacy or treatment component order", "4.14.3"),
    "RXE": ("Pharmacy or treatment encoded order", "4.14.4"),
    "RXD": ("Pharmacy or treatment dispense", "4.14.5"),
    "RXA": ("Pharmacy or treatment administration", "4.14.7"),
    "QAK": ("Query acknowledgment", "5.5.2"),
    "QPD": ("Query parameter definition", "5.5.4"),
    "RCP": ("Response control parameter", "5.5.6"),
    "FT1": ("Financial transaction", "6.5.1"),
    "DG1": ("Diagnosis", "6.5.2"),
    "PR1": ("Procedures", "6.5.4"),
    "GT1": ("Guarantor", "6.5.5"),
    "IN1": ("Insurance", "6.5.6"),
    "OBX": ("Observation or result", "7.4.2"),
    "SPM": ("Specimen", "7.4.3"),
    "MFI": ("Master file identification", "8.5.1"),
    "MFE": ("Master file entry", "8.5.2"),
    "TXA": ("Transcription document header", "9.6.1"),
    "SCH": ("Scheduling activity information", "10.6.2"),
    "RGS": ("Resource group", "10.6.3"),
    "AIG": ("Appointment information, general resource", "10.6.5"),
    "AIL": ("Appointment information, location resource", "10.6.6"),
    "AIP": ("Appointment information, personnel resource", "10.6.7"),
}

# File of the walk: what it says it walks, and the segments.
WALKS = {
    "messages": (
        "of the message itself, queries and master files",
        ["MSH", "MSA", "ERR", "NTE", "QAK", "QPD", "RCP", "MFI", "MFE"],
    ),
    "patients": (
        "of patients and visits",
        ["EVN", "PID", "PV1", "PV2", "NK1", "AL1", "MRG", "PD1", "ARV"],
    ),
    "orders": (
        "of orders and results",
        ["ORC", "OBR", "OBX", "SPM", "TQ1", "RXO", "RXR", "RXC", "RXE", "RXD", "RXA"],
    ),
    "accounts": (
        "of accounts, documents and appointments",
        ["FT1", "DG1", "PR1", "GT1", "IN1", "TXA", "SCH", "RGS", "AIG", "AIL", "AIP"],
    ),
}
