/**
 * The officially assigned codes of ISO 3166-1 (https://www.iso.org/iso-3166-country-codes.html), each with the beginning of
 * its telephone numbers (https://www.itu.int/pub/T-SP-E.164D, https://www.nanpa.com/area-codes). Some share one: 1, 7, 44.
 */
const CALLING = [
  "AD376 AE971 AF93 AG1268 AI1264 AL355 AM374 AO244 AQ672 AR54 AS1684 AT43 AU61 AW297 AX358 AZ994 BA387 BB1246 BD880",
  "BE32 BF226 BG359 BH973 BI257 BJ229 BL590 BM1441 BN673 BO591 BQ599 BR55 BS1242 BT975 BV47 BW267 BY375 BZ501 CA1 CC61",
  "CD243 CF236 CG242 CH41 CI225 CK682 CL56 CM237 CN86 CO57 CR506 CU53 CV238 CW599 CX61 CY357 CZ420 DE49 DJ253 DK45",
  "DM1767 DO1809 DO1829 DO1849 DZ213 EC593 EE372 EG20 EH212 ER291 ES34 ET251 FI358 FJ679 FK500 FM691 FO298 FR33 GA241",
  "GB44 GD1473 GE995 GF594 GG44 GH233 GI350 GL299 GM220 GN224 GP590 GQ240 GR30 GS500 GT502 GU1671 GW245 GY592 HK852",
  "HM672 HN504 HR385 HT509 HU36 ID62 IE353 IL972 IM44 IN91 IO246 IQ964 IR98 IS354 IT39 JE44 JM1658 JM1876 JO962 JP81",
  "KE254 KG996 KH855 KI686 KM269 KN1869 KP850 KR82 KW965 KY1345 KZ76 KZ77 LA856 LB961 LC1758 LI423 LK94 LR231 LS266",
  "LT370 LU352 LV371 LY218 MA212 MC377 MD373 ME382 MF590 MG261 MH692 MK389 ML223 MM95 MN976 MO853 MP1670 MQ596 MR222",
  "MS1664 MT356 MU230 MV960 MW265 MX52 MY60 MZ258 NA264 NC687 NE227 NF672 NG234 NI505 NL31 NO47 NP977 NR674 NU683 NZ64",
  "OM968 PA507 PE51 PF689 PG675 PH63 PK92 PL48 PM508 PN64 PR1787 PR1939 PS970 PT351 PW680 PY595 QA974 RE262 RO40 RS381",
  "RU7 RW250 SA966 SB677 SC248 SD249 SE46 SG65 SH290 SI386 SJ47 SK421 SL232 SM378 SN221 SO252 SR597 SS211 ST239 SV503",
  "SX1721 SY963 SZ268 TC1649 TD235 TF262 TG228 TH66 TJ992 TK690 TL670 TM993 TN216 TO676 TR90 TT1868 TV688 TW886 TZ255",
  "UA380 UG256 UM1 US1 UY598 UZ998 VA39 VC1784 VE58 VG1284 VI1340 VN84 VU678 WF681 WS685 YE967 YT262 ZA27 ZM260 ZW263",
]
  .flatMap((line) => line.split(" "))
  .map((word) => ({ country: word.slice(0, 2), prefix: word.slice(2) }));

/** Numbers of no country of ISO 3166-1: Kosovo, Ascension, and the networks and services of the whole world. */
const STATELESS = ["383", "247", "800", "808", "870", "878", "881", "882", "883", "888", "979"];

export const countryCodes: ReadonlySet<string> = new Set(CALLING.map(({ country }) => country));

/** The countries that a telephone number of E.164 may be of: more than one where they share a beginning. */
export function countriesOfPhone(phone: string): string[] {
  const fitting = CALLING.filter(({ prefix }) => phone.startsWith(`+${prefix}`));
  const longest = Math.max(...fitting.map(({ prefix }) => prefix.length));
  return fitting.filter(({ prefix }) => prefix.length === longest).map(({ country }) => country);
}

/** Whether a number begins as those of some country or network do; its length is nobody's to know. */
export const isKnownPhone = (phone: string): boolean =>
  countriesOfPhone(phone).length > 0 || STATELESS.some((prefix) => phone.startsWith(`+${prefix}`));

/**
 * The shapes of the postal codes of the countries where every address has one: `9` a digit, `A` a letter, separators left
 * out (https://www.upu.int/en/postal-solutions/programmes-services/addressing-solutions). A country that is in no line has
 * none, has them here and there, or is not known well enough: there a code may be left out, and is taken as it is.
 */
const POSTAL: Readonly<Record<string, string>> = {
  "999": "FO IS TW",
  "9999": "AL AM AR AT AU AZ BD BE BG CC CH CX CY DK GE GL HU LI LU LV MD MK NF NO NZ PH PT SI SJ TN ZA",
  "99999": [
    "AS AX BA BL BR CU CZ DE DZ EE ES FI FM FR GF GP GR GU HR ID IL IR IT KR LK LT MA MC ME MF MH MP MQ MX MY",
    "NC PF PK PL PM PR PW RE RS SE SK SM TH TR TW UA UM US UY VA VI WF YT",
  ].join(" "),
  "999999": "AM BY CN IN KG KR KZ RO RS RU SG TW UZ",
  "9999999": "IL JP PT",
  "99999999": "BR",
  "999999999": "AS FM GU MH MP PR PW UM US VI",
  "9999999999": "IR",
  "9999AA": "NL",
  A9999AAA: "AR",
  A9A9A9: "CA",
  A99A9A9: "KZ",
  A99AA: "GB",
  A999AA: "GB",
  A9A9AA: "GB",
  AA99AA: "GB GG IM JE",
  AA999AA: "GB GG IM JE",
  AA9A9AA: "GB",
  AAA9AA: "GB",
  AAA99: "MT",
  AAA999: "MT",
  AAA9999: "MT",
};

const shapesOf = new Map<string, string[]>();
for (const [shape, countries] of Object.entries(POSTAL)) {
  for (const country of countries.split(" ")) shapesOf.set(country, [...(shapesOf.get(country) ?? []), shape]);
}

/** Whether every address of a country has a postal code, as far as is known. */
export const needsPostalCode = (country: string): boolean => shapesOf.has(country);

/**
 * Whether a text can be a postal code of a country. Digits and letters of every script count, in their wide forms too; so
 * do a country's sign before the digits (`D-10115`, `ΤΚ 104 31`, `〒100-0001`), spaces, hyphens and points.
 */
export function isPostalCode(country: string, code: string): boolean {
  const shape = code
    .normalize("NFKC")
    .replace(/\p{Nd}/gu, "9")
    .replace(/[\p{L}\p{M}]/gu, "A")
    .replace(/[\p{Zs}\p{Pd}.〒ー\u2212]/gu, "");
  const shapes = shapesOf.get(country);
  if (!shapes) return /^[9A]{1,12}$/.test(shape);
  return shapes.includes(shape) || shapes.includes(shape.replace(/^A{1,3}(?=9)/, ""));
}
