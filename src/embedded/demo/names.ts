import type { Random } from './random.ts';

const adjectives =
  'Golden Royal Dragon Crystal Shadow Merge Candy Solar Pirate Mystic Neon Farm Idle Frozen Jungle'.split(' ');
const nouns =
  'Kingdom Quest Slots Valley Empire Blast Solitaire Raiders Garden Arena Tycoon Legends Harbor Bingo Odyssey'.split(
    ' ',
  );
const platforms = ['iOS', 'Android'];
const markets = ['US', 'UK', 'DE', 'JP', 'BR', 'CA', 'FR', 'AU'];
const placements = ['Offerwall', 'Featured', 'Rewarded', 'Newsletter', 'Cross-promo'];
const changes = [
  'raise install bid',
  'lower install bid',
  'new creatives',
  'add level 10 goal',
  'purchase payout up',
  'cap daily budget',
  'target returning players',
  'drop weak sources',
  'weekend boost',
];

export function appName(random: Random): string {
  return `${random.pick(adjectives)} ${random.pick(nouns)} ${random.pick(platforms)} ${random.pick(markets)}`;
}

export function campaignName(app: string, random: Random): string {
  return `${app} - ${random.pick(placements)}`;
}

export function changeName(number: number, random: Random): string {
  return number === 1 ? 'Launch' : `v${number}: ${random.pick(changes)}`;
}
