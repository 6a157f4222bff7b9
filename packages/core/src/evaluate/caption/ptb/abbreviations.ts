/**
 * Abbreviations that keep their full stop, found by trying every word of up to five letters and a dictionary of longer
 * ones. Written for `caseless`: a small letter stands for either case, a capital one for itself.
 */
import { caseless } from './patterns';

/** One of the words, the longer before the shorter: a regular expression takes the first that fits. */
function oneOf(words: string): string {
  const longestFirst = words.trim().split(/\s+/);
  return caseless(longestFirst.sort((a, b) => b.length - a.length).join('|'));
}

/** Before a name: the full stop never ends a sentence. */
export const titles = oneOf(`
  adj adm adv alex assoc asst atty attys ave brig capt cf cie cmdr col comdr cpl dept det dr drs elec ens ft gen gov
  govs hon insp invt jos lieut lt m[ft]g maj messrs mlle mme mr mrs ms msgr mt natl pfc ph pres prof profs pvt rep reps
  rev sen sens sfc sgt spc st ste supt supts treas vs wm`);

/** May end a sentence: then the full stop counts twice. */
export const mayEnd = oneOf(`
  al ala apr ariz Ark assn aug Az bancorp bhd bldg blvd bros calif co colo conn corp cos ct dak dec Del ed\\.d esq est etc
  ext feb fla fri ga Ill inc ind intl jan jr jul jun kan kans ky La ltd mar Mass md mich minn Miss mo mon mont neb nev
  nov oct okla Ore p?pt[ye]s? Pa penn ph\\.d plc rd rt sep sept seq sq sr sys tel tenn Tex thu thurs tue tues univ va vt
  Wash wed wis wisc wyo`);

/** Abbreviations before a number only. */
export const numbered = oneOf('art ca fig figs no nos op pp prop');

/** Words that begin a sentence: after an acronym they show that its full stop ended the last one. */
export const starters = oneOf(`
  A About According Additionally After An As At But Earlier He Her Here However If In It Last Many More Mr\\. Ms\\. Now Once
  One Other Our She Since So Some Such That The Their Then There These They This We What When While Yet You`);

/** Extensions of file names. */
export const extensions = oneOf(`
  bat bmp c cgi class cpp dll doc docx exe gif gz h htm html jar java jpeg jpg mov mp3 pdf php pl png ppt ps py sql tar
  txt wav x xml zip`);
