/** How pictures with what is said of them look, many on a page. */
export const CARD_STYLE = `
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: 1.6rem 2rem; margin-top: 1.4rem; }
.card { display: grid; grid-template-columns: 8.5rem 1fr; gap: 1rem; align-items: start; break-inside: avoid; }
.card img { width: 100%; height: auto; border-radius: 3px; display: block; }
.card figcaption { font-size: 0.78rem; color: var(--quiet); overflow-wrap: anywhere; padding-top: 0.2rem; }
@media (max-width: 30rem) { .card { grid-template-columns: 1fr; } .card img { max-width: 12rem; } }
`;
