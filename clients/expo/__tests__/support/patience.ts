/** How long tests wait for what they expect. Long, so that a busy machine fails none of them. Set up before each file. */
import { configure } from "@testing-library/react-native";

configure({ asyncUtilTimeout: 30_000 });
jest.setTimeout(120_000);
