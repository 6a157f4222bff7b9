/** Tokens in a row: pointed at, walked over and pressed as the small pictures are; written ones also one after the other. */
import type { Shown } from '../attention/shown';
import { percent, subjectName, tokenText } from '../attention/words';
import { element, iconButton, newId, setBar, setText } from './dom';
import type { Context, Part } from './part';
import { atRest } from './rest';
import { roving } from './roving';

/** Milliseconds that a token is looked at when the caption is played. */
const PACE = 900;

/** The text beside the queries (`token`), or what the language model wrote (`step`). */
export function strip({ attention, t, change, hover }: Context, kind: 'token' | 'step'): Part {
  const tokens = (kind === 'token' ? attention.tokens : attention.generated)!.tokens;
  const name = element(
    'span',
    { class: 'blip2-StripName', id: newId() },
    kind === 'token' ? t('Text') : t('Written'),
  );
  const options = tokens.map((token, index) =>
    element(
      'span',
      { role: 'option', class: 'blip2-Token', tabindex: index === 0 ? '0' : '-1' },
      tokenText(token),
      element('span', { class: 'blip2-Bar' }),
    ),
  );
  const list = element(
    'span',
    { class: 'blip2-Tokens', role: 'listbox', 'aria-orientation': 'horizontal', 'aria-labelledby': name.id },
    ...options,
  );
  const titles = atRest();
  let shown: Shown | undefined;
  const follow = (index: number | null) =>
    change({ token: null, step: null, [kind]: index, locked: false, patch: null });
  const rove = roving(list, options, {
    point: (index, isByKey) => hover({ [kind]: index }, isByKey),
    press: (index) => follow(shown?.state[kind] === index ? null : index),
  });
  const stepper =
    kind === 'step' ? makeStepper(t, tokens.length, () => shown?.state.step ?? null, follow) : undefined;
  const prompt = kind === 'step' ? tokenText(attention.generated!.prompt) : '␣';
  return {
    element: element(
      'div',
      { class: 'blip2-Strip', 'data-kind': kind },
      name,
      ...(stepper ? [stepper.element] : []),
      ...(prompt === '␣' ? [] : [element('span', { class: 'blip2-Prompt' }, prompt)]),
      list,
    ),
    update(now) {
      const before = shown;
      shown = now;
      const { subject, state } = now;
      const isSame = before?.state === state && before.subject.kind === subject.kind;
      if (isSame && before.subject.index === subject.index) return;
      const readers = now.readers[kind];
      const most = readers ? Math.max(...readers) : 0;
      rove.setStop(state[kind] ?? 0);
      for (const [index, option] of options.entries()) {
        option.setAttribute('aria-selected', String(state[kind] === index));
        option.toggleAttribute('data-shown', subject.kind === kind && subject.index === index);
        setBar(option.lastElementChild as HTMLElement, readers && most > 0 ? readers[index] / most : 0);
      }
      titles.wish(() => {
        for (const [index, option] of options.entries())
          option.title = readers
            ? t('%1 of its attention is on %2', percent(readers[index]), subjectName(t, subject, attention))
            : '';
      });
      stepper?.update();
    },
    dispose() {
      titles.dispose();
      stepper?.stop();
    },
  };
}

function makeStepper(
  t: Context['t'],
  count: number,
  current: () => number | null,
  follow: (index: number) => void,
) {
  let timer: ReturnType<typeof setInterval> | undefined;
  const isLast = () => current() === count - 1;
  const play = iconButton(t('Play'), 'play', () => (timer === undefined ? start() : stop()));
  const previous = iconButton(t('Previous token'), 'previous', () => step(-1));
  const next = iconButton(t('Next token'), 'next', () => step(1));

  function step(by: number): void {
    stop();
    follow(Math.min(count - 1, Math.max(0, (current() ?? -1) + by)));
  }
  function start(): void {
    follow(isLast() ? 0 : (current() ?? -1) + 1);
    play.show(t('Pause'), 'pause');
    timer = setInterval(() => {
      if (isLast() || !play.button.isConnected) return stop();
      follow((current() ?? -1) + 1);
    }, PACE);
  }
  function stop(): void {
    clearInterval(timer);
    timer = undefined;
    play.show(t('Play'), 'play');
  }
  const place = element('span', { class: 'blip2-Count' });
  return {
    element: element(
      'span',
      { class: 'blip2-Stepper', role: 'group', 'aria-label': t('Step through what was written') },
      previous.button,
      play.button,
      next.button,
      place,
    ),
    stop,
    update() {
      const now = current();
      setText(place, now === null ? '' : t('%1 of %2', now + 1, count));
    },
  };
}
