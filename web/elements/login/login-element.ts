// <passage-login>: sign-in alone, without a title.
import type { Mode } from "@ginnel/client";
import { SignInElement } from "../parts/sign-in-element.ts";

/**
 * Sign-in alone, for pages that bring their own title.
 *
 * @tag passage-login
 * @attr {string} app-id - The app's id, from `ginnel app create`. Required.
 * @attr {string} lang - Language of messages; the browser's by default. The texts are English.
 * @attr {string} identifier - Email address or phone number to start with; whoever signed in here last is greeted by
 *   default.
 * @attr {"light"|"dark"|"auto"} theme - `auto`, the default, follows the system.
 * @attr {string} url - Address of the Ginnel server; the one that served the script by default.
 * @prop {(identifier: string, context: {authType: string, userMetadata?: object}) => boolean | Promise<boolean>}
 *   beforeAuth - Asked when an identifier is submitted (empty for a sign-in without one); false stops.
 * @prop {(result: AuthResult, context: {authType: string, userMetadata?: object}) => void} onSuccess - Replaces the
 *   redirect after success.
 * @prop {(event: {type: string}) => void} onEvent - Told onLoaded, onShowLogin, onShowRegister, onLoginPasskey,
 *   onRegisterPasskey, onMagicLinkLogin, onMagicLinkRegister, onOneTimePasscodeLogin and onOneTimePasscodeRegister (a
 *   message was sent), onMagicLinkActivated (a link led here), onMagicLinkActivateSuccess, onOneTimePasscodeActivated,
 *   onVerifyIdentity and onAddPasskey.
 * @prop {TokenStore} tokenStore - Keeps the tokens in place of local storage and the cookie.
 * @slot below-login-input - Below the first input of the sign-in form.
 * @slot loginInput - Filled by the element itself with the input for an address or number, so that browsers can
 *   autofill it.
 * @slot otpInput - Filled by the element itself with the boxes for a code.
 * @csspart button - Every button.
 * @csspart button-secondary - Buttons of lesser weight.
 * @csspart input - The frame around an input.
 * @csspart identifier-input-error-message - The error below an input.
 * @cssprop --passage-container-background-color - The card.
 * @cssprop --passage-container-border-radius - The card.
 * @cssprop --passage-container-margin - The card.
 * @cssprop --passage-container-max-width - The card.
 * @cssprop --passage-container-padding - The card.
 * @cssprop --passage-body-font-family - Text.
 * @cssprop --passage-body-font-size - Text.
 * @cssprop --passage-body-text-color - Text.
 * @cssprop --passage-header-font-family - Titles.
 * @cssprop --passage-header-font-size - Titles.
 * @cssprop --passage-header-text-color - Titles.
 * @cssprop --passage-anchor-text-color - Links.
 * @cssprop --passage-button-width - Buttons.
 * @cssprop --passage-primary-button-background-color - Main buttons; also -background-hover-color, -border-color,
 *   -border-radius (of all buttons) and -text-color.
 * @cssprop --passage-secondary-button-background-color - Other buttons; also -background-hover-color, -border-color
 *   and -text-color.
 * @cssprop --passage-input-box-background-color - The inputs.
 * @cssprop --passage-input-box-border-radius - The inputs.
 * @cssprop --passage-otp-input-background-color - The boxes for a code.
 * @cssprop --passage-input-text-color - The inputs.
 * @cssprop --passage-control-border-color - The inputs.
 * @cssprop --passage-error-color - Errors.
 */
export class LoginElement extends SignInElement {
  protected override readonly mode: Mode = "login";
}
